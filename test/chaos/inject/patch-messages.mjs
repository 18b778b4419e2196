// Patches the line between a training process and its parent.
import { pass } from './faults.mjs';
import { messages } from './points.mjs';

export function patchMessages() {
  patchSend();
  patchListeners();
}

function patchSend() {
  const send = process.send?.bind(process);
  if (!send) return;
  process.send = (message, ...rest) => {
    const known = messages.includes(message?.type);
    if (known) pass(`send-${message.type}`, 'before');
    const result = send(message, ...rest);
    if (known) pass(`send-${message.type}`, 'after');
    return result;
  };
}

/** A listener of ours would take what comes before the product listens: so theirs is wrapped. */
function patchListeners() {
  const on = process.on.bind(process);
  process.on = (event, listener) => {
    if (event !== 'message') return on(event, listener);
    return on(event, (message, ...rest) => {
      if (message?.type === 'start') pass('start', 'received');
      listener(message, ...rest);
    });
  };
}
