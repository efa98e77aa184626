// Disks that are attached to an appliance.
import { read, write } from './http';

export interface Volume {
  uuid: string;
  label?: string;
  file_system: string;
  size_bytes: number;
  /** Where it is read; missing while it is not. */
  folder?: string;
}

export interface Disk {
  name: string;
  size_bytes: number;
  model?: string;
  read_only: boolean;
  volumes: Volume[];
}

export interface Disks {
  /** Whether this server looks after disks; elsewhere its system does. */
  looked_after: boolean;
  disks: Disk[];
}

export const disks = {
  list: () => read<Disks>('/disks'),
  mount: (uuid: string) => write<{ folder: string }>('/disks/mount', { uuid }),
  unmount: (uuid: string) => write<undefined>('/disks/unmount', { uuid }),
  empty: ({ name, size_bytes, model }: Disk, label: string, typed: string) =>
    write<undefined>('/disks/empty', { name, size_bytes, model, label, typed }),
};
