/** What was typed; an argument in brackets may be left out. */
interface ReplArgs {
  readonly [argument: string]: string | number | undefined;
}

/** As moleculer-repl takes it; without aliases and flags. */
export interface ReplCommand {
  readonly command: string;
  readonly description: string;
  readonly alias: string[];
  readonly options: [];
  readonly allowUnknownOptions: boolean;
  readonly parse: null;
  readonly action: (broker: unknown, args: ReplArgs) => Promise<void>;
}

/** @param command its name and arguments, as in `feed <verb> <feedId>` */
export function replCommand(
  command: string,
  description: string,
  run: (args: ReplArgs) => Promise<void>,
): ReplCommand {
  return {
    command,
    description,
    alias: [],
    options: [],
    allowUnknownOptions: false,
    parse: null,
    action: (_broker, args) => run(args),
  };
}

/** Where the words of the commands go: the console is whose who typed them. */
export class Printer {
  readonly text: (text: string) => void;

  constructor(print: (text: string) => void) {
    this.text = print;
  }

  json(value: unknown): void {
    this.text(JSON.stringify(value, null, 2));
  }

  /** Columns as wide as their widest cell. */
  table(rows: readonly object[]): void {
    this.text(rows.length === 0 ? "(none)" : textTable(rows));
  }
}

function textTable(rows: readonly object[]): string {
  const names = Object.keys(rows[0] ?? {});
  const cells = [
    names,
    ...rows.map((row) => names.map((name) => String(Reflect.get(row, name) ?? ""))),
  ];
  const widths = names.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  return cells
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
    .join("\n");
}
