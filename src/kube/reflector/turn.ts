/** Resolves in the next turn of the event loop: sockets and timers get theirs first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
