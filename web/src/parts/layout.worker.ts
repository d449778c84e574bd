// Lays a graph out off the page's thread.
import { layered, type Boxes } from './layered';

export interface LayoutRequest {
  n: number;
  from: Uint32Array;
  to: Uint32Array;
  boxes: Boxes;
}

addEventListener('message', ({ data }: MessageEvent<LayoutRequest>) => {
  const { x, y } = layered(data.n, data.from, data.to, data.boxes);
  postMessage({ x, y }, { transfer: [x.buffer, y.buffer] });
});
