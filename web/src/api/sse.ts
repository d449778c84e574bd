// Reads server-sent events out of the text of a stream, however it was cut into pieces.

export interface Message {
  id: string;
  event: string;
  data: string;
}

export class SseParser {
  private rest = '';
  private id = '';
  private event = '';
  private data: string[] = [];

  /** The messages that are complete with this piece. Comments come as nothing. */
  push(piece: string): Message[] {
    const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    const messages: Message[] = [];
    for (const line of lines) {
      if (line === '') {
        if (this.data.length > 0) messages.push(this.take());
        this.event = '';
      } else {
        this.field(line);
      }
    }
    return messages;
  }

  private take(): Message {
    const message = {
      id: this.id,
      event: this.event || 'message',
      data: this.data.join('\n'),
    };
    this.data = [];
    return message;
  }

  private field(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'id') this.id = value;
    if (name === 'event') this.event = value;
    if (name === 'data') this.data.push(value);
  }
}
