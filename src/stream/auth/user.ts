/** Who calls, in the words of TokenReview and SubjectAccessReview. */

export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Who calls without any credentials, where that is let in. */
export const anonymousUser: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

const authenticated = 'system:authenticated';

/** The user as one who is known: whoever rights are given to by that group has them. */
export function asAuthenticated(user: UserInfo): UserInfo {
  return user.groups.includes(authenticated) ? user : { ...user, groups: [...user.groups, authenticated] };
}
