/** As much of WebAssembly as is used here: the library that describes all of it describes a browser's page too. */
declare namespace WebAssembly {
  // oxlint-disable-next-line typescript/no-extraneous-class -- nothing of a module is used but that it is one
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Memory {
    constructor(descriptor: { readonly initial: number });
    readonly buffer: ArrayBuffer;
  }
  class Instance {
    constructor(module: Module, imports: { readonly env: { readonly memory: Memory } });
    readonly exports: Readonly<Record<string, unknown>>;
  }
  function validate(bytes: Uint8Array): boolean;
}
