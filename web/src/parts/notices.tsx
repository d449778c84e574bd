// Shows what actions came to (api/notices.ts), in a corner, said aloud by screen readers.
import { Check, CircleAlert, X } from 'lucide-react';
import { dismiss, useNotices } from '../api/notices';

export function Notices() {
  const notices = useNotices();
  return (
    <div className="notices" role="status" aria-live="polite">
      {notices.map(({ id, kind, text }) => (
        <div key={id} className="notice" data-kind={kind}>
          {kind === 'done' ? (
            <Check size={16} aria-hidden />
          ) : (
            <CircleAlert size={16} aria-hidden />
          )}
          <span>{text}</span>
          <button
            type="button"
            aria-label="Dismiss"
            onClick={() => {
              dismiss(id);
            }}
          >
            <X size={14} aria-hidden />
          </button>
        </div>
      ))}
    </div>
  );
}
