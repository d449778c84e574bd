// All tasks, by phase, pipeline, text.
import { CloseButton, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { q } from '../api/client';
import { PHASES, type Phase } from '../api/types';
import { Chips } from '../parts/chips';
import { Head } from '../parts/page';
import { TaskTable } from '../parts/task-table';
import { phaseWords } from '../parts/words';

const route = getRouteApi('/tasks');
const words = Object.fromEntries(PHASES.map((phase) => [phase, phaseWords[phase].word])) as Record<
  Phase,
  string
>;

interface FindProps {
  value: string;
  focus: boolean;
  onChange: (text: string) => void;
}

function Find({ value, focus, onChange }: FindProps) {
  const [text, setText] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (focus) input.current?.focus();
  }, [focus]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => {
      onChange(text);
    }, 250);
    return () => {
      clearTimeout(timer);
    };
  }, [text, value, onChange]);
  return (
    <TextInput
      ref={input}
      size="xs"
      className="find"
      aria-label="Find tasks"
      placeholder="Family or parameter"
      leftSection={<Search size={13} aria-hidden />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
      }}
    />
  );
}

export function TasksView() {
  const { find, ...filter } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: overview } = useQuery(q.overview());
  const { data: pipelines } = useQuery(q.pipelines());
  const change = (fields: Partial<typeof filter>): void =>
    void navigate({
      search: Object.fromEntries(
        Object.entries({ ...filter, ...fields }).filter(([, value]) => value),
      ),
      replace: true,
    });
  const fixed = (['family', 'pool', 'worker'] as const).filter((name) => filter[name]);
  const isFiltered = Object.keys(filter).length > 0;
  const names = pipelines?.items.map(({ name }) => name) ?? [];
  return (
    <>
      <Head title="Tasks" />
      <div className="tool-row">
        <Find
          value={filter.q ?? ''}
          focus={find ?? false}
          onChange={(text) => {
            change({ q: text });
          }}
        />
        <NativeSelect
          size="xs"
          aria-label="Pipeline"
          data={[{ value: '', label: 'Every pipeline' }, ...names]}
          value={filter.pipeline ?? ''}
          onChange={(event) => {
            change({ pipeline: event.currentTarget.value });
          }}
        />
        {fixed.map((name) => (
          <span key={name} className="token">
            {name} <b>{filter[name]}</b>
            <CloseButton
              size="xs"
              aria-label={`Any ${name}`}
              onClick={() => {
                change({ [name]: undefined });
              }}
            />
          </span>
        ))}
      </div>
      <Chips
        label="Phase of the task"
        all={PHASES}
        value={filter.phase}
        words={words}
        {...(overview && !filter.pipeline ? { counts: overview.counts } : {})}
        onChange={(phase) => {
          change({ phase });
        }}
      />
      <TaskTable
        filter={filter}
        empty={isFiltered ? 'No task is so.' : 'No task yet: a run brings them.'}
      />
    </>
  );
}
