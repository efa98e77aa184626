// What an entry of the catalogue is. Each file holds the entries of its own first names and no others,
// so none is there twice.
export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

export type Words<First extends string> = Partial<Record<First | `${First}.${string}`, string | Forms>>;
