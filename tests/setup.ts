// Times are shown, compared and inferred in UTC: a test run in another zone would hide a missing zone.
if (process.env['TZ'] !== 'UTC') {
  throw new Error('Run the tests with TZ=UTC (npm test sets it).');
}
