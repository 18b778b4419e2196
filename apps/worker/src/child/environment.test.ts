import { describe, expect, it } from 'vitest';
import { childEnvironment } from './environment.js';

describe('childEnvironment', () => {
  it('passes on what engines read, with the tunables and the thread count', () => {
    const environment = childEnvironment({ PATH: '/bin', LIBTORCH: '/opt/torch', OMP_NUM_THREADS: '64' }, 3);
    expect(environment).toMatchObject({ PATH: '/bin', LIBTORCH: '/opt/torch', OMP_NUM_THREADS: '3' });
    expect(environment.GLIBC_TUNABLES).toMatch(/glibc\.malloc\.trim_threshold=/);
  });

  it('lets the user choose other tunables', () => {
    expect(childEnvironment({ GLIBC_TUNABLES: 'glibc.malloc.check=1' }, 1).GLIBC_TUNABLES).toBe(
      'glibc.malloc.check=1',
    );
  });

  it('keeps secrets and what hangs oneDNN from the child', () => {
    const secrets = ['DATABASE_URL', 'REDIS_URL', 'STORAGE_URL', 'RAVINE_API_KEY', 'AWS_SECRET_ACCESS_KEY'];
    const unwanted = [...secrets, 'PGPASSWORD', 'MY_TOKEN', 'OMP_DYNAMIC'];
    const environment = childEnvironment(Object.fromEntries(unwanted.map((name) => [name, 'x'])), 1);
    for (const name of unwanted) expect(environment).not.toHaveProperty(name);
  });
});
