/** What survives storage and the wire unchanged. Actor state, commands, events and replies are made of it. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };
