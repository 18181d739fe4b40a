import { describe, expect, it } from 'vitest';
import { afterAnswer, initialProbeState, probeSettings, type ProbeKind } from '../../src/decide/probe.js';

function verdicts(kind: ProbeKind, answers: string, thresholds: object = {}): string {
  const settings = probeSettings(thresholds);
  let state = initialProbeState(kind);
  return Array.from(answers)
    .map((answer) => {
      state = afterAnswer(state, answer === '+', settings);
      return state.passes === undefined ? '?' : state.passes ? '+' : '-';
    })
    .join('');
}

describe('a probe', () => {
  it.each<[ProbeKind, string, object, string]>([
    ['readiness', '+--+', {}, '++++'],
    ['readiness', '+---+', {}, '+++-+'],
    ['readiness', '-+', {}, '?+'],
    ['readiness', '+-+-++', { failureThreshold: 1, successThreshold: 2 }, '?----+'],
    ['liveness', '--+---', {}, '+++++-'],
    ['liveness', '-', { failureThreshold: 1 }, '-'],
    ['startup', '---+', { failureThreshold: 5 }, '???+'],
    ['startup', '---', {}, '??-'],
  ])('of kind %s answers %s with %j: %s', (kind, answers, thresholds, expected) => {
    expect(verdicts(kind, answers, thresholds)).toBe(expected);
  });

  it('has the API’s defaults where a field is left out or 0', () => {
    expect(probeSettings({ periodSeconds: 0 })).toEqual({
      initialDelayMs: 0,
      periodMs: 10_000,
      timeoutMs: 1_000,
      successThreshold: 1,
      failureThreshold: 3,
    });
  });
});
