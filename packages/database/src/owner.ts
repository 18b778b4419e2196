/**
 * SQL for "whoever claimed this row is gone", over the row alias `row`: it is ours (a redelivery to the same
 * worker), or the claim is old and its worker sends no heartbeats. Place `$worker` is the asking worker,
 * `$ms` how long silence means death. The age of the claim counts too, so that a worker that never registered
 * keeps what it has just claimed.
 */
export const ownerGone = (
  row: string,
  claimedBy: string,
  claimedAt: string,
  worker: string,
  ms: string,
): string =>
  `(${row}.${claimedBy} is null or ${row}.${claimedBy} = ${worker} or (
     ${row}.${claimedAt} < now() - ${ms} * interval '1 millisecond'
     and not exists (select from workers where workers.id = ${row}.${claimedBy}
                     and workers.heartbeat_at >= now() - ${ms} * interval '1 millisecond')))`;
