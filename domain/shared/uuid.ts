const DIGITS = "0123456789abcdef";
const OTHER = 16;

/** The value of each hexadecimal digit by its character code. */
const VALUES = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = DIGITS.indexOf(String.fromCharCode(code).toLowerCase());
  return value === -1 ? OTHER : value;
});

/**
 * Writes the 16 bytes of a UUID (RFC 9562 §4, of any version) in the form of five groups of digits. Digit by digit: taking the
 * hyphens out first makes a string of each, and an order has some thirty.
 * @returns false for what is no UUID; bytes may then have been written
 */
export function writeUuid(bytes: Uint8Array, at: number, text: string): boolean {
  if (text.length !== 36) return false;
  let end = at;
  let high = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (code !== HYPHEN) return false;
      continue;
    }
    const value = VALUES[code] ?? OTHER;
    if (value === OTHER) return false;
    if (high === -1) high = value << 4;
    else {
      bytes[end] = high | value;
      end += 1;
      high = -1;
    }
  }
  return true;
}

const HYPHEN = 45;
