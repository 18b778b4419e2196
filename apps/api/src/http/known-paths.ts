import { AppError, type RouteContract, routes } from '@ravine/contracts';

/** What the service answers beside its contract. */
const pages = ['/', '/docs', '/openapi.json'].map((path) => ({ path, method: 'GET' }));

const contracts: readonly Pick<RouteContract, 'method' | 'path'>[] = Object.values(routes);

const patterns = [...contracts, ...pages].map(({ path, method }) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
}));

/** The methods that a path answers, or none when there is no such path. */
export function allowedMethods(path: string): string[] {
  const found = new Set<string>();
  for (const { method, pattern } of patterns) if (pattern.test(path)) found.add(method);
  if (found.has('GET')) found.add('HEAD');
  return [...found].sort();
}

/** No route took the request: either the path is unknown, or only the method is wrong. */
export function noRoute(method: string, path: string): { error: AppError; allow: string | null } {
  const allowed = allowedMethods(path);
  if (allowed.length === 0) {
    const detail = `There is no ${path.slice(0, 200)}; GET /openapi.json lists every route`;
    return { error: new AppError('not_found', { detail }), allow: null };
  }
  const allow = allowed.join(', ');
  const detail = `${method} is not possible here; this path answers ${allow}`;
  return { error: new AppError('method_not_allowed', { detail, data: { allow: allowed } }), allow };
}
