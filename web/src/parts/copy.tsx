// Copies text. Plain http is no secure context and has no clipboard there: then the old way.
import { Button } from '@mantine/core';
import { Copy } from 'lucide-react';
import { notify } from '../api/notices';

function copyBySelection(text: string): boolean {
  const box = document.createElement('textarea');
  box.value = text;
  box.className = 'off-screen';
  document.body.append(box);
  box.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way without a clipboard
  const copied = document.execCommand('copy');
  box.remove();
  return copied;
}

async function copy(text: string): Promise<void> {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  const copied = await (clipboard?.writeText(text) ?? Promise.reject(new Error('none')))
    .then(() => true)
    .catch(() => copyBySelection(text));
  if (copied) notify({ kind: 'done', text: 'Copied' });
  else notify({ kind: 'failed', text: 'The browser does not let the page copy' });
}

export function CopyButton({ text, label }: { text: () => string; label: string }) {
  return (
    <Button
      size="compact-xs"
      variant="default"
      leftSection={<Copy size={12} aria-hidden />}
      onClick={() => void copy(text())}
    >
      {label}
    </Button>
  );
}
