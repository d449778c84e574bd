// A run's tasks as a graph. Loaded when somebody wants to see it.
import { useSuspenseQuery } from '@tanstack/react-query';
import { q } from '../api/client';
import { RunGraph } from '../parts/graph';
import { Nothing } from '../parts/page';
import { plural } from '../parts/words';

export default function RunGraphView({ run, find }: { run: number; find: string }) {
  const { data: graph } = useSuspenseQuery(q.graph(run));
  const { cut } = graph;
  if (graph.nodes.length === 0) return <Nothing>Not planned yet.</Nothing>;
  return (
    <>
      {cut.nodes > 0 ? (
        <p className="muted small">
          {plural(cut.nodes, 'task')} more {cut.nodes === 1 ? 'is' : 'are'} not drawn; the table has
          all of them.
        </p>
      ) : null}
      <div className="graph">
        <RunGraph graph={graph} find={find.toLowerCase()} />
      </div>
    </>
  );
}
