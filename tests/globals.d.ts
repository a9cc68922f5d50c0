/** Of the platform's fetch types, Node's own declarations leave this one out. */
type BodyInit = import('undici-types').BodyInit;
