/**
 * Credentials by their form. Where a pattern has a group, the group is what is hidden and ends the match, so that the
 * name before it stays readable. All repeats are bounded.
 */
export const SECRETS: readonly RegExp[] = [
  // Keys that carry their issuer's mark: OpenAI, Anthropic, Stripe, GitHub, GitLab, Slack, Hugging Face, Replicate,
  // Google, npm, SendGrid, DigitalOcean, Shopify, PyPI, AWS; and JSON web tokens.
  /(?<![A-Za-z0-9])sk-[\w-]{16,512}/g,
  /(?<![A-Za-z0-9])(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{10,256}/g,
  /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255}|glpat-[\w-]{16,128})/g,
  /(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,512}/g,
  /(?<![A-Za-z0-9])(?:hf|r8|npm|shpat|shpss|dop_v1|pypi)[_-][A-Za-z0-9_-]{20,256}/g,
  /(?<![A-Za-z0-9])AIza[\w-]{30,64}/g,
  /(?<![A-Za-z0-9])ya29\.[\w-]{16,512}/g,
  /(?<![A-Za-z0-9])SG\.[\w-]{16,64}\.[\w-]{16,128}/g,
  /(?<![A-Za-z0-9])(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA|ANVA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/g,
  /(?<![A-Za-z0-9])eyJ[\w-]{8,1024}\.[\w-]{8,4096}(?:\.[\w-]{0,4096})?/g,
  // To the end of the text where the end mark is missing.
  /-----BEGIN (?:[A-Z]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[\s\S]*?-----END [A-Z ]{0,48}PRIVATE KEY(?: BLOCK)?-----|[\s\S]*)/g,
  // `Bearer` and a token with a digit in it: "standard bearer illustration" is a prompt.
  /(?<![A-Za-z0-9])bearer\s{1,4}((?=[^\s\d]{0,128}\d)[\w.~+/=-]{8,4096})/gi,
  /authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:(?:bearer|basic|token|digest)\s{1,4})?((?!\[secret\]|(?:bearer|basic|token|digest)\s)[^\s"',;]{4,4096})/gi,
  // name=value, "name": "value", ?name=value
  /(?:api[_-]?key|access[_-]?key|account[_-]?key|access[_-]?token|auth[_-]?token|refresh[_-]?token|id[_-]?token|session[_-]?token|secret|secret[_-]?key|private[_-]?key|password|passwd|pwd|passphrase|signature|x-amz-credential)(?:\\?["'])?\s{0,4}[:=]\s{0,4}(?:\\?["'])?((?!\[secret\])[^\s"'\\,;&<>]{4,4096})/gi,
  /[?&](?:key|token|sig|code|auth)=((?!\[secret\])[^\s"'&#<>]{4,4096})/gi,
  // user:password@host
  /:\/\/((?!\[secret\]@)[^\s/@:"'<>]{0,128}:[^\s/@"'<>]{1,256})(?=@)/g,
];
