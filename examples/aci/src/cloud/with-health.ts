import type { ContainerGroupsApi } from './container-groups-api.js';

/** The same cloud, with `told` being told of what each call came to: its error, or undefined. */
export function withHealth(api: ContainerGroupsApi, told: (error: unknown) => void): ContainerGroupsApi {
  const tell = async <T>(call: Promise<T>): Promise<T> => {
    try {
      const answer = await call;
      told(undefined);
      return answer;
    } catch (error) {
      told(error);
      throw error;
    }
  };
  return {
    list: (...args) => tell(api.list(...args)),
    get: (...args) => tell(api.get(...args)),
    beginCreate: (...args) => tell(api.beginCreate(...args)),
    beginDelete: (...args) => tell(api.beginDelete(...args)),
    pollDelete: (...args) => tell(api.pollDelete(...args)),
    logs: (...args) => tell(api.logs(...args)),
    exec: (...args) => tell(api.exec(...args)),
  };
}
