import { describe, expect, it } from 'vitest';
import { parseFieldSelector } from '../../../../src/testing/apiserver/core/field-selector.js';
import { parseLabelSelector } from '../../../../src/testing/apiserver/core/label-selector.js';
import { failureOf, nodes, podOf, pods } from './helpers.js';

describe('label selectors', () => {
  const labels = { app: 'web', tier: 'front', 'x.io/n': '5' };

  it.each([
    ['', true],
    ['app', true],
    ['!app', false],
    ['!debug', true],
    ['app=web', true],
    ['app == web', true],
    ['app!=web', false],
    ['debug!=yes', true],
    ['app in (web,db)', true],
    ['app in (db)', false],
    ['app notin (db)', true],
    ['debug notin (yes)', true],
    ['debug in ()', false],
    ['x.io/n>4', true],
    ['x.io/n<5', false],
    ['app>4', false],
    ['app=web,tier in (front),!debug', true],
    ['app=web,tier=back', false],
    ['debug=', false],
  ])('%j is %s', (selector, expected) => {
    expect(parseLabelSelector(selector)(labels)).toBe(expected);
  });

  it.each([
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a=b=c', "found '=', expected: ',' or 'end of string'"],
    ['=b', "found '=', expected: !, identifier, or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    [
      'a>x',
      `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
  ])('%j is refused', (selector, message) => {
    expect(failureOf(() => parseLabelSelector(selector))).toMatchObject({ code: 400, message });
  });
});

describe('field selectors', () => {
  const pod = podOf('web', { nodeName: 'n1', schedulerName: 's' }, { namespace: 'default' });

  it.each([
    ['metadata.name=web', true],
    ['metadata.name!=web', false],
    ['metadata.namespace==default,spec.nodeName=n1', true],
    ['spec.nodeName=', false],
    ['status.phase=Running', false],
    ['status.phase!=Running', true],
    ['spec.schedulerName=s', true],
    ['spec.hostNetwork=false', true],
    [',', true],
  ])('%j is %s', (selector, expected) => {
    expect(parseFieldSelector(pods, selector).matches(pod)).toBe(expected);
  });

  it('read an absent spec.unschedulable as false', () => {
    expect(parseFieldSelector(nodes, 'spec.unschedulable=false').matches({ metadata: {} })).toBe(true);
  });

  it.each([
    ['spec.foo=1', 'field label not supported: spec.foo'],
    ['metadata.name', "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
    ['metadata.name=b=c', 'invalid field selector: unescaped character in value: 61'],
  ])('%j is refused', (selector, message) => {
    expect(failureOf(() => parseFieldSelector(pods, selector))).toMatchObject({ code: 400, message });
  });
});
