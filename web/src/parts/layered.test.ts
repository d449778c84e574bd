// That a graph is laid out in the order it can run, without boxes over boxes, whatever its shape.
import { describe, expect, it } from 'vitest';
import { layered, type Places } from './layered';

const boxes = { width: 100, height: 20, gapX: 50, gapY: 10 };

/** "a>b b>c": a stands left of b. */
function given(text: string): { names: string[]; from: Uint32Array; to: Uint32Array } {
  const pairs = text.split(' ').map((edge) => edge.split('>') as [string, string]);
  const names = [...new Set(pairs.flat())];
  const index = (name: string): number => names.indexOf(name);
  return {
    names,
    from: Uint32Array.from(pairs, ([a]) => index(a)),
    to: Uint32Array.from(pairs, ([, b]) => index(b)),
  };
}

function overlaps({ x, y }: Places): number {
  const columns = new Map<number, number[]>();
  x.forEach((left, v) => columns.set(left, [...(columns.get(left) ?? []), y[v] ?? 0]));
  let count = 0;
  for (const heights of columns.values()) {
    heights.sort((a, b) => a - b);
    heights.forEach((height, i) => {
      if (i > 0 && height - (heights[i - 1] ?? 0) < boxes.height + boxes.gapY - 0.01) count += 1;
    });
  }
  return count;
}

/** A repeatable stream of numbers below `limit`. */
function dice(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * limit);
  };
}

function randomGraph(n: number, seed: number): { from: Uint32Array; to: Uint32Array } {
  const roll = dice(seed);
  const from: number[] = [];
  const to: number[] = [];
  for (let v = 1; v < n; v++) {
    for (let k = roll(3); k >= 0; k--) {
      from.push(Math.max(0, v - 1 - roll(40)));
      to.push(v);
    }
  }
  return { from: Uint32Array.from(from), to: Uint32Array.from(to) };
}

describe('layered', () => {
  it('puts a node right of everything it needs', () => {
    const { names, from, to } = given('a>b b>c a>c c>d');

    const { x } = layered(names.length, from, to, boxes);

    expect([...x]).toEqual([0, 150, 300, 450]);
  });

  it('centres a node between what it needs', () => {
    const { names, from, to } = given('a>c b>c');

    const { y } = layered(names.length, from, to, boxes);

    expect(y[names.indexOf('c')]).toBeCloseTo(((y[0] ?? 0) + (y[2] ?? 0)) / 2, 0);
  });

  it('uncrosses two pairs', () => {
    const { names, from, to } = given('a>x b>y c>x d>y');

    const { y } = layered(names.length, from, to, boxes);
    const at = (name: string): number => y[names.indexOf(name)] ?? NaN;

    const order = ['a', 'b', 'c', 'd'].sort((p, r) => at(p) - at(r)).join('');
    expect(['acbd', 'cabd', 'acdb', 'cadb', 'bdac', 'bdca', 'dbac', 'dbca']).toContain(order);
  });

  it.each([1, 2, 3, 4, 5])('lays no box over another (random graph %i)', (seed) => {
    const { from, to } = randomGraph(400, seed);

    const places = layered(400, from, to, boxes);

    expect(overlaps(places)).toBe(0);
    from.forEach((v, i) => {
      expect(places.x[v]).toBeLessThan(places.x[to[i] ?? 0] ?? 0);
    });
  });

  it('takes a chain of thousands', () => {
    const n = 5_000;
    const from = Uint32Array.from({ length: n - 1 }, (_, i) => i);
    const to = from.map((v) => v + 1);

    const { x } = layered(n, from, to, boxes);

    expect(x[n - 1]).toBe((n - 1) * 150);
  });

  it('ends on a cycle, and on no node at all', () => {
    const { names, from, to } = given('a>b b>a');

    expect(layered(names.length, from, to, boxes).x).toHaveLength(2);
    expect(layered(0, new Uint32Array(), new Uint32Array(), boxes).x).toHaveLength(0);
  });
});
