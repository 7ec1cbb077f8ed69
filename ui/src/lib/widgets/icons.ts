interface Path {
  d: string;
  /** `only`: filled without an outline. */
  fill?: boolean | 'only';
}

/** Shapes on a field of 16 by 16, drawn for this program. */
const SHAPES = {
  list: [{ d: 'M5.5 4h8M5.5 8h8M5.5 12h8' }, { d: 'M2.5 4h.01M2.5 8h.01M2.5 12h.01' }],
  person: [
    { d: 'M8 8a2.75 2.75 0 1 0 0-5.5A2.75 2.75 0 0 0 8 8ZM2.75 13.5c.6-2.4 2.6-3.75 5.25-3.75s4.65 1.35 5.25 3.75' },
  ],
  pill: [{ d: 'M3.4 8.2 8.2 3.4a3.1 3.1 0 0 1 4.4 4.4l-4.8 4.8a3.1 3.1 0 0 1-4.4-4.4ZM5.8 5.8l4.4 4.4' }],
  review: [{ d: 'M3 2.5h10v11H3zM5.5 6l1.2 1.2L9 5M5.5 10.5h5' }],
  talk: [{ d: 'M2.5 3.5h11v7.5h-6L4.5 13.5V11h-2z' }],
  data: [
    {
      d: 'M8 2.5c3 0 5 .8 5 2s-2 2-5 2-5-.8-5-2 2-2 5-2ZM3 4.5v7c0 1.2 2 2 5 2s5-.8 5-2v-7M3 8c0 1.2 2 2 5 2s5-.8 5-2',
    },
  ],
  settings: [
    { d: 'M2.5 4.5h6M11.5 4.5h2M2.5 11.5h2M7.5 11.5h6' },
    { d: 'M10 6a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3ZM6 13a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z' },
  ],
  lock: [{ d: 'M3.5 7.5h9v6h-9zM5.5 7.5v-2a2.5 2.5 0 0 1 5 0v2' }],
  search: [{ d: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.5 10.5l3 3' }],
  plus: [{ d: 'M8 3v10M3 8h10' }],
  check: [{ d: 'M3 8.5 6.5 12 13 4.5' }],
  cross: [{ d: 'm4 4 8 8M12 4l-8 8' }],
  pencil: [{ d: 'm3 13 .7-3L10.5 3.2l2.3 2.3L6 12.3z' }],
  chevron: [{ d: 'm4 6 4 4 4-4' }],
  print: [{ d: 'M4.5 6V2.5h7V6M4.5 11.5h-2V6h11v5.5h-2M4.5 9.5h7v4h-7z' }],
  refresh: [{ d: 'M13 8a5 5 0 1 1-1.5-3.5L13 6M13 2.5V6H9.5' }],
  stop: [{ d: 'M4 4h8v8H4z', fill: true }],
  back: [{ d: 'M13 8H3M7 4 3 8l4 4' }],
  file: [{ d: 'M4 2.5h5L12.5 6v7.5h-8.5zM9 2.5V6h3.5' }],
  info: [{ d: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.5v3.25M8 5.25h.01' }],
  // States: told apart by shape before colour.
  critical: [{ d: 'M5.3 1.5h5.4l3.8 3.8v5.4l-3.8 3.8H5.3l-3.8-3.8V5.3z', fill: 'only' }],
  warning: [{ d: 'M8 1.8 15 14H1z', fill: 'only' }],
  note: [{ d: 'M8 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z', fill: 'only' }],
} satisfies Record<string, Path[]>;

export type IconName = keyof typeof SHAPES;

export const ICONS: Record<IconName, Path[]> = SHAPES;
