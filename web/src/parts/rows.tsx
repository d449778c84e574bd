// A long list in a box of its own height: only the rows in view are drawn, the next page is read
// when the end comes near. Rows have a fixed height: nothing is measured, nothing jumps.
import { useMediaQuery } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type ReactNode } from 'react';

interface RowsProps<Row> {
  label: string;
  /** Names of columns; the css class `kind` says how wide they are. */
  columns: string[];
  kind: string;
  rows: Row[];
  rowKey: (row: Row) => string | number;
  /** The cells of a row, one for each column. */
  cells: (row: Row) => ReactNode[];
  isEnd: boolean;
  isReading: boolean;
  readMore: () => void;
}

const height_px = { wide: 34, narrow: 54 };

export function Rows<Row>(props: RowsProps<Row>) {
  const { label, columns, kind, rows, rowKey, cells, isEnd, isReading, readMore } = props;
  const box = useRef<HTMLDivElement>(null);
  const isNarrow = useMediaQuery('(max-width: 640px)');
  const height = isNarrow ? height_px.narrow : height_px.wide;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: 12,
  });
  useEffect(() => {
    virtual.measure();
  }, [virtual, height]);

  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (!isEnd && !isReading && last >= rows.length - 40) readMore();
  }, [last, rows.length, isEnd, isReading, readMore]);

  return (
    <div
      ref={box}
      className={`rows ${kind}`}
      role="table"
      aria-label={label}
      aria-rowcount={isEnd ? rows.length : -1}
      tabIndex={0}
    >
      <div role="rowgroup">
        <div role="row" className="row row-head">
          {columns.map((name) => (
            <span role="columnheader" key={name}>
              {name}
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup" className="rows-body" style={{ height: virtual.getTotalSize() }}>
        {shown.map(({ index, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          return (
            <div
              role="row"
              key={rowKey(row)}
              aria-rowindex={index + 1}
              className="row"
              style={{ height, transform: `translateY(${start}px)` }}
            >
              {cells(row).map((cell, i) => (
                <span role="cell" key={i}>
                  {cell}
                </span>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}
