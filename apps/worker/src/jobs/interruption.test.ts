import { describe, expect, it } from 'vitest';
import { createInterruptions, type Interruption } from './interruption.js';

describe('createInterruptions', () => {
  it('lets the weightiest say how the run ends, and an equal one replace the former', () => {
    const interruptions = createInterruptions();
    expect(interruptions.current).toBeNull();
    interruptions.raise({ kind: 'cancel', now: false });
    interruptions.raise({ kind: 'hand-back' });
    expect(interruptions.current).toEqual({ kind: 'cancel', now: false });
    interruptions.raise({ kind: 'cancel', now: true });
    expect(interruptions.current).toEqual({ kind: 'cancel', now: true });
    interruptions.raise({ kind: 'stale' });
    expect(interruptions.current).toEqual({ kind: 'stale' });
  });

  it('tells a late listener what was raised, and nothing after it left', () => {
    const heard: Interruption['kind'][] = [];
    const interruptions = createInterruptions();
    interruptions.raise({ kind: 'hand-back' });
    const leave = interruptions.listen(({ kind }) => heard.push(kind));
    interruptions.raise({ kind: 'stale' });
    leave();
    interruptions.raise({ kind: 'cancel', now: true });
    expect(heard).toEqual(['hand-back', 'stale']);
  });
});
