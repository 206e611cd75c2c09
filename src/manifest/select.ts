export type Selector = (string | number)[];
