// The tasks of a run and what needs what, left to right in the order they can run. At most what the
// server has cut it down to (1,500 nodes); only what is in view is in the document.
import '@xyflow/react/dist/base.css';
import { useComputedColorScheme } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import {
  Background,
  Controls,
  Handle,
  MiniMap,
  Position,
  ReactFlow,
  type Edge,
  type Node,
  type NodeProps,
} from '@xyflow/react';
import { memo, useEffect, useMemo, useState } from 'react';
import type { Graph, Phase, TaskName } from '../api/types';
import type { Places } from './layered';
import type { LayoutRequest } from './layout.worker';
import Layout from './layout.worker?worker';
import { Sign } from './state';
import { phaseWords } from './words';

const boxes = { width: 196, height: 46, gapX: 72, gapY: 14 };

type TaskNode = Node<{ task: TaskName; isDimmed: boolean }, 'task'>;

const Box = memo(function Box({ data: { task, isDimmed } }: NodeProps<TaskNode>) {
  const word = phaseWords[task.phase].word.toLowerCase();
  return (
    <Link
      to="/tasks/$id"
      params={{ id: task.id }}
      className={isDimmed ? 'node dimmed nopan' : 'node nopan'}
      data-state={task.phase}
      title={`${task.family} ${task.label}\n${word}`}
      aria-label={`${task.family} ${task.label}, ${word}`}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <b>
        <Sign of={task.phase} />
        {task.family}
      </b>
      <small>{task.label || word}</small>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </Link>
  );
});

const nodeTypes = { task: Box };

/** Where each node stands; asked again only when the structure is another. */
function usePlaces({ nodes, edges }: Graph): Places | undefined {
  const [places, setPlaces] = useState<Places>();
  const count = nodes.length;
  useEffect(() => {
    const worker = new Layout();
    worker.onmessage = ({ data }: MessageEvent<Places>) => {
      setPlaces(data);
      worker.terminate();
    };
    // An edge says who depends on whom; what is needed stands to the left.
    const from = Uint32Array.from(edges, ([, to]) => to);
    const to = Uint32Array.from(edges, ([dependent]) => dependent);
    worker.postMessage({ n: count, from, to, boxes } satisfies LayoutRequest);
    return () => {
      worker.terminate();
    };
  }, [count, edges]);
  return places?.x.length === count ? places : undefined;
}

const handles = [
  { type: 'target' as const, position: Position.Left, x: 0, y: boxes.height / 2 },
  { type: 'source' as const, position: Position.Right, x: boxes.width, y: boxes.height / 2 },
];

function toNode(task: TaskName, i: number, { x, y }: Places, find: string): TaskNode {
  const text = `${task.family} ${task.label}`.toLowerCase();
  return {
    id: String(i),
    type: 'task',
    position: { x: x[i] ?? 0, y: y[i] ?? 0 },
    width: boxes.width,
    height: boxes.height,
    handles,
    data: { task, isDimmed: find !== '' && !text.includes(find) },
  };
}

/** What somebody opens the graph for: what went wrong, else what runs, else what is next. */
const interesting: Phase[] = ['disabled', 'retrying', 'unknown', 'running', 'ready'];

function focus(nodes: TaskNode[]): TaskNode[] {
  for (const phase of interesting) {
    const found = nodes.filter(({ data }) => data.task.phase === phase);
    if (found.length > 0) return found.slice(0, 5);
  }
  return nodes;
}

const cssColor = (phase: Phase): string => `var(--s-${phase})`;

export function RunGraph({ graph, find }: { graph: Graph; find: string }) {
  const scheme = useComputedColorScheme('light');
  const isNarrow = useMediaQuery('(max-width: 640px)');
  const places = usePlaces(graph);
  const nodes = useMemo(
    () => (places ? graph.nodes.map((task, i) => toNode(task, i, places, find)) : []),
    [places, graph.nodes, find],
  );
  const edges = useMemo<Edge[]>(
    () =>
      graph.edges.map(([dependent, needed], i) => ({
        id: `e${i}`,
        source: String(needed),
        target: String(dependent),
        focusable: false,
      })),
    [graph.edges],
  );
  if (!places) return <p role="status">Laying out {graph.nodes.length} tasks…</p>;
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      colorMode={scheme}
      fitView
      fitViewOptions={{
        nodes: nodes.length <= 40 && !isNarrow ? nodes : focus(nodes),
        minZoom: isNarrow ? 0.45 : 0.6,
        maxZoom: 1,
        padding: 0.15,
      }}
      onlyRenderVisibleElements
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      minZoom={0.05}
      maxZoom={1.5}
      aria-label="Graph of tasks"
    >
      <Background gap={24} />
      <Controls showInteractive={false} />
      {isNarrow || nodes.length < 12 ? null : (
        <MiniMap<TaskNode>
          pannable
          zoomable
          nodeColor={({ data }) => cssColor(data.task.phase)}
          ariaLabel="Map of the graph"
        />
      )}
    </ReactFlow>
  );
}
