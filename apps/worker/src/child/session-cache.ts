import type { Session } from '@ravine/training';

/** The sessions that were used last; the one that was not used for the longest time is closed for a new one. */
export interface SessionCache {
  get(key: string, open: () => Promise<Session>): Promise<Session>;
}

export function createSessionCache(limit: number): SessionCache {
  const sessions = new Map<string, Session>(); // in the order of their last use
  return {
    async get(key, open) {
      const kept = sessions.get(key);
      sessions.delete(key);
      const session = kept ?? (await open());
      sessions.set(key, session);
      const [oldest] = sessions;
      if (sessions.size > limit && oldest) {
        sessions.delete(oldest[0]);
        await oldest[1].close();
      }
      return session;
    },
  };
}
