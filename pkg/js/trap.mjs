// Places to die: the crash lab says before or after which device operation, and the engine's side
// stops there for good. From then on no operation is passed on and no completion comes back, so
// what the device holds is what it held at that point; the page then ends the worker.

/** @param {{op: string, when: 'before' | 'after', nth?: number}} where */
export function armed(where, sprung) {
  let left = where.nth ?? 1;
  let dead = false;
  return (op, when) => {
    if (!dead && op.name === where.op && when === where.when && --left <= 0) {
      dead = true;
      sprung();
    }
    return dead;
  };
}
