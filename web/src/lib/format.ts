// Numbers, times and sizes in words a person reads.
import { t } from '../words';
import { LOCALE } from './locale';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const number = new Intl.NumberFormat(LOCALE);
const rate = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 3 });
const day = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'long' });
const time = new Intl.DateTimeFormat(LOCALE, { timeStyle: 'medium' });
const date = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium' });
const moment = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'medium' });
const minute = new Intl.DateTimeFormat(LOCALE, { timeStyle: 'short' });
// A photo's time is what the clock on the wall showed where it was taken, wherever one looks at it.
const asTaken = { timeZone: 'UTC' } as const;
const month = new Intl.DateTimeFormat(LOCALE, { month: 'long', year: 'numeric', ...asTaken });
const takenDay = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'long', ...asTaken });
const taken = new Intl.DateTimeFormat(LOCALE, {
  dateStyle: 'medium',
  timeStyle: 'short',
  ...asTaken,
});
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto' });

export const formatNumber = (value: number): string => number.format(value);
export const formatRate = (value: number): string => rate.format(value);
export const formatTime = (ms: number): string => time.format(ms);
/** A day and a time where one looks at it. */
export const formatMoment = (ms: number): string => moment.format(ms);
export const formatMinute = (ms: number): string => minute.format(ms);
export const formatDay = (ms: number): string => day.format(ms);
/** A day where room is short. */
export const formatDate = (ms: number): string => date.format(ms);
export const formatTakenMonth = (ms: number): string => month.format(ms);
export const formatTakenDay = (ms: number): string => takenDay.format(ms);
export const formatTaken = (ms: number): string => taken.format(ms);

/** "1 h 52 min", for shelves and details. */
export function formatLength(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / MINUTE_MS));
  const h = Math.floor(minutes / 60);
  const m = minutes % 60;
  if (ms < MINUTE_MS) return t('length.seconds', { s: Math.max(1, Math.round(ms / 1000)) });
  if (h === 0) return t('length.minutes', { m });
  return m === 0 ? t('length.hours', { h }) : t('length.hoursMinutes', { h, m });
}

/** "1:02:07", for players. */
export function formatClock(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const s = String(total % 60).padStart(2, '0');
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${s}` : `${minutes}:${s}`;
}

/** How long something still takes, roughly. */
export function formatLeft(seconds: number): string {
  if (seconds < 60) return t('left.seconds', { n: Math.max(1, Math.round(seconds)) });
  if (seconds < 3600) return t('left.minutes', { n: Math.round(seconds / 60) });
  return t('left.hours', { n: Math.round(seconds / 3600) });
}

/** "3 minutes ago", "yesterday". */
export function formatAgo(ms: number, now = Date.now()): string {
  // The clock of a server may be a little ahead: what was is not said to be yet to come.
  const past = ms > now && ms - now < HOUR_MS ? 0 : ms - now;
  if (Math.abs(past) < MINUTE_MS) return relative.format(0, 'minute');
  if (Math.abs(past) < HOUR_MS) return relative.format(Math.round(past / MINUTE_MS), 'minute');
  if (Math.abs(past) < DAY_MS) return relative.format(Math.round(past / HOUR_MS), 'hour');
  if (Math.abs(past) < 30 * DAY_MS) return relative.format(Math.round(past / DAY_MS), 'day');
  return formatDay(ms);
}

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** "4.2 GB". */
export function formatBytes(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  const unit = SIZES[step] ?? 'byte';
  return new Intl.NumberFormat(LOCALE, {
    style: 'unit',
    unit,
    maximumSignificantDigits: 3,
  }).format(bytes / 1000 ** step);
}

/** "2 Mbit/s". */
export function formatBitrate(bitsPerSecond: number): string {
  const unit = bitsPerSecond >= 1e6 ? 'megabit-per-second' : 'kilobit-per-second';
  const value = bitsPerSecond / (bitsPerSecond >= 1e6 ? 1e6 : 1e3);
  return new Intl.NumberFormat(LOCALE, {
    style: 'unit',
    unit,
    maximumSignificantDigits: 3,
  }).format(value);
}
