// What every view has: its heading, sections, facts, what to show when there is nothing or when
// reading went wrong.
import { Button } from '@mantine/core';
import type { ErrorComponentProps } from '@tanstack/react-router';
import { CircleAlert } from 'lucide-react';
import { useEffect, type ReactNode } from 'react';
import { ApiError } from '../api/client';

interface HeadProps {
  title: string;
  /** Small print above the title: where this belongs. */
  above?: ReactNode;
  /** Beside the title: badges. */
  beside?: ReactNode;
  actions?: ReactNode;
}

export function Head({ title, above, beside, actions }: HeadProps) {
  useEffect(() => {
    document.title = `${title} · headrace`;
  }, [title]);
  return (
    <div className="head">
      <div className="head-text">
        {above ? <div className="above">{above}</div> : null}
        <div className="title">
          <h1>{title}</h1>
          {beside}
        </div>
      </div>
      {actions ? <div className="actions">{actions}</div> : null}
    </div>
  );
}

interface SectionProps {
  title: string;
  note?: ReactNode;
  children: ReactNode;
}

export function Section({ title, note, children }: SectionProps) {
  return (
    <section className="card" aria-label={title}>
      <div className="card-head">
        <h2>{title}</h2>
        {note ? <span className="muted">{note}</span> : null}
      </div>
      {children}
    </section>
  );
}

/** Name and value, side by side; what has no value is left out. */
export function Facts({ of }: { of: [name: string, value: ReactNode][] }) {
  const shown = of.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return (
    <dl className="facts">
      {shown.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Nothing({ children }: { children: ReactNode }) {
  return <p className="nothing">{children}</p>;
}

function words(error: unknown): { text: string; remedy: string } {
  if (error instanceof ApiError) return { text: error.message, remedy: error.remedy };
  if (error instanceof TypeError) {
    return { text: 'The scheduler does not answer.', remedy: 'It is asked again by itself.' };
  }
  return { text: error instanceof Error ? error.message : String(error), remedy: '' };
}

/** An error where something should have been, with what to do. */
export function Wrong({ error, again }: { error: unknown; again?: () => void }) {
  const { text, remedy } = words(error);
  return (
    <div className="wrong" role="alert">
      <CircleAlert size={16} aria-hidden />
      <div>
        <strong>{text}</strong>
        {remedy ? <div>{remedy}</div> : null}
      </div>
      {again ? (
        <Button size="compact-xs" variant="default" onClick={again}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}

/** In place of a view that could not be read. */
export function WrongView({ error, reset }: ErrorComponentProps) {
  const title = error instanceof ApiError && error.status === 404 ? 'Not found' : 'No answer';
  return (
    <>
      <Head title={title} />
      <Wrong error={error} again={reset} />
    </>
  );
}
