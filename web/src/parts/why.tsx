// Why a task is where it is, in the server's words, with links to what they name.
import { Link } from '@tanstack/react-router';
import type { Why, WhyPart } from '../api/types';
import { When } from './time';

function Part({ part }: { part: WhyPart }) {
  return (
    <li>
      {part.text}{' '}
      {part.until ? (
        <span className="muted">
          (<When at={part.until} />){' '}
        </span>
      ) : null}
      {part.task ? (
        <Link to="/tasks/$id" params={{ id: part.task }}>
          show
        </Link>
      ) : (part.pool ?? part.worker) ? (
        <Link to="/workers">workers and pools</Link>
      ) : null}
    </li>
  );
}

export function WhyCard({ why }: { why: Why }) {
  // One part that says just what the words say needs no list.
  const parts = why.parts.filter(({ text, task }) => Boolean(task) || text !== why.words);
  return (
    <section className="why" aria-label="Why" data-kind={why.kind}>
      <p>{why.words}</p>
      {parts.length > 0 ? (
        <ol>
          {parts.map((part, i) => (
            <Part key={i} part={part} />
          ))}
        </ol>
      ) : null}
    </section>
  );
}
