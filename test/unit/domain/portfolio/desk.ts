import type { PortfolioCommand, PortfolioEvent } from "../../../../domain/portfolio/messages.ts";
import { portfolio } from "../../../../domain/portfolio/portfolio.ts";
import type { TradeRow } from "../../../../domain/shared/journal.ts";
import { fill, LivePortfolio, openCommand } from "./given.ts";
import { Laws } from "./laws.ts";

interface Letter {
  readonly to: string;
  readonly command: PortfolioCommand;
}

/** Two portfolios and the post between them: what one tells the other waits until it is delivered. */
export class Desk {
  readonly post: Letter[] = [];
  private readonly portfolios = new Map<string, LivePortfolio>();
  private readonly laws: readonly Laws[];
  private count = 0;

  constructor(changes: Parameters<typeof openCommand>[0] = {}, other = changes) {
    this.laws = [
      ["pf-1", changes] as const,
      ["pf-2", { initialCash: "5000", ...other }] as const,
    ].map(([id, opening], index) => {
      const live = new LivePortfolio();
      live.state = portfolio.initial(id);
      // Ids of commands are made of the time: two portfolios must not make the same ones.
      live.nowMs = (index + 1) * 1_000_000_000;
      live.when(openCommand(opening));
      this.portfolios.set(id, live);
      return new Laws(live);
    });
  }

  of(id: string): LivePortfolio {
    const live = this.portfolios.get(id);
    if (live === undefined) throw new Error(`there is no portfolio ${id}`);
    return live;
  }

  send(id: string, command: PortfolioCommand): readonly PortfolioEvent[] {
    const live = this.of(id);
    live.nowMs += 1;
    const { events, effects } = live.when(command);
    for (const effect of effects)
      if ("to" in effect && effect.to.type === "portfolio")
        // sound: portfolios are told what portfolios understand
        this.post.push({ to: effect.to.id, command: effect.command as PortfolioCommand }); // oxlint-disable-line typescript/no-unsafe-type-assertion -- see above
    for (const laws of this.laws) laws.check({ isOrderly: false });
    return events;
  }

  /** Books a fill of the first portfolio. */
  trade(side: "buy" | "sell", quantity: string, price: string, fees = "0"): TradeRow {
    const execId = `exec-${(this.count += 1)}`;
    const events = this.send(
      "pf-1",
      fill({ execId, orderId: `order-${execId}`, side, quantity, price, fees }),
    );
    const [event] = events;
    if (event?.type !== "FillApplied") throw new Error("expected a fill");
    return event.trade;
  }

  allocate(trade: TradeRow, quantity: string): readonly PortfolioEvent[] {
    const parts = [{ portfolioId: "pf-2", quantity }];
    return this.send("pf-1", {
      type: "AllocateTrade",
      trade,
      multiplier: "1",
      parts,
      requestedBy: "user-1",
    });
  }

  /** One letter, or all that there are and that come of them. */
  deliver(at = 0): readonly PortfolioEvent[] {
    const [letter] = this.post.splice(at % Math.max(this.post.length, 1), 1);
    return letter === undefined ? [] : this.send(letter.to, letter.command);
  }

  deliverAll(): void {
    while (this.post.length > 0) this.deliver();
  }
}
