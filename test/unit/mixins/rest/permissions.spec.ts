import { isPermitted, mayRead, PERMISSIONS, ROLES } from "../../../../mixins/rest/permissions.ts";
import { ROUTES } from "../../../../mixins/rest/routes/index.ts";

const grants = (role: (typeof ROLES)[number]): string[] =>
  PERMISSIONS.filter((permission) => isPermitted(role, permission));

describe("roles", () => {
  it("viewer, analyst and trader each may what the one before may", () => {
    expect(grants("analyst")).toEqual(expect.arrayContaining(grants("viewer")));
    expect(grants("trader")).toEqual(expect.arrayContaining(grants("analyst")));
  });

  it("only traders and administrators place orders", () => {
    const traders = ROLES.filter((role) => isPermitted(role, "orders.create"));
    expect(traders).toEqual(["trader", "admin"]);
  });

  it("a viewer changes nothing", () => {
    const changing = ROUTES.filter(({ method }) => method !== "GET");
    const allowed = changing.filter((r) => r.permission && isPermitted("viewer", r.permission));
    // A preview, a data set, a prediction and an attribution are computed and nothing else, and so are the measures of risk.
    const changes = allowed.filter(
      ({ isIdempotent, permission }) => isIdempotent || permission !== "risk.read",
    );
    const actions = changes.map(({ action }) => action);
    expect(actions.toSorted()).toEqual([
      "auth.logout",
      "datasets.describe",
      "performance.attribute",
      "predictions.ask",
      "rl.act",
      "rl.evaluate",
      "strategies.preview",
    ]);
  });
});

describe("what belongs to somebody", () => {
  const mine = { tenantId: "t1", ownerId: "u1" };

  it.each([
    ["its owner", { tenantId: "t1", userId: "u1", role: "viewer" }, true],
    ["another user", { tenantId: "t1", userId: "u2", role: "trader" }, false],
    ["oversight", { tenantId: "t1", userId: "u2", role: "compliance" }, true],
    ["an administrator of another tenant", { tenantId: "t2", userId: "u1", role: "admin" }, false],
  ] as const)("is for the eyes of %s: %p", (_who, user, expected) => {
    expect(mayRead(user, mine)).toBe(expected);
  });
});
