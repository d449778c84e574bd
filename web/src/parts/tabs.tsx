// Tabs that are links: which one is open is in the address.
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

interface TabsProps<Value extends string> {
  label: string;
  value: Value;
  tabs: { value: Value; name: string; note?: ReactNode }[];
  search: (value: Value) => object;
}

export function Tabs<Value extends string>({ label, value, tabs, search }: TabsProps<Value>) {
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <Link
          key={tab.value}
          to="."
          search={search(tab.value)}
          replace
          aria-current={tab.value === value ? 'page' : undefined}
          activeProps={{}}
          className="tab"
        >
          {tab.name}
          {tab.note !== undefined ? <span className="muted"> {tab.note}</span> : null}
        </Link>
      ))}
    </nav>
  );
}
