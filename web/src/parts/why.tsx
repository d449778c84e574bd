// Why a task is where it is, in the server's words, with links to what they name.
import { Link } from '@tanstack/react-router';
import type { Why, WhyPart } from '../api/types';
import { When } from './time';

/** The server's words, with what it put between backticks as code. */
function Words({ text }: { text: string }) {
  return text.split('`').map((piece, i) => (i % 2 === 0 ? piece : <code key={i}>{piece}</code>));
}

function Part({ part, of }: { part: WhyPart; of: string }) {
  return (
    <li>
      <Words text={part.text} />{' '}
      {part.until ? (
        <span className="muted">
          (<When at={part.until} />){' '}
        </span>
      ) : null}
      {part.task && part.task !== of ? (
        <Link to="/tasks/$id" params={{ id: part.task }}>
          show
        </Link>
      ) : (part.pool ?? part.worker) ? (
        <Link to="/workers">workers and pools</Link>
      ) : null}
    </li>
  );
}

const withoutStop = (text: string): string => text.replace(/\.$/, '');

export function WhyCard({ why }: { why: Why }) {
  // A part that says just what the words say is no news.
  const said = withoutStop(why.words);
  const parts = why.parts.filter(({ text }) => withoutStop(text) !== said);
  return (
    <section className="why" aria-label="Why" data-kind={why.kind}>
      <p>
        <Words text={why.words} />
      </p>
      {parts.length > 0 ? (
        <ol>
          {parts.map((part, i) => (
            <Part key={i} part={part} of={why.task} />
          ))}
        </ol>
      ) : null}
    </section>
  );
}
