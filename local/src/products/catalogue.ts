import { audio } from './departments/audio.ts';
import { baby } from './departments/baby.ts';
import { beauty } from './departments/beauty.ts';
import { bike } from './departments/bike.ts';
import { books } from './departments/books.ts';
import { car } from './departments/car.ts';
import { garden } from './departments/garden.ts';
import { household } from './departments/household.ts';
import { kitchen } from './departments/kitchen.ts';
import { office } from './departments/office.ts';
import { outdoor } from './departments/outdoor.ts';
import { pets } from './departments/pets.ts';
import { sports } from './departments/sports.ts';
import { textiles } from './departments/textiles.ts';
import { tools } from './departments/tools.ts';
import { toys } from './departments/toys.ts';
import type { ProductType } from './product-type.ts';

/** Every kind of thing the sample shop sells. */
export const catalogue: readonly ProductType[] = [
  ...audio,
  ...baby,
  ...beauty,
  ...bike,
  ...books,
  ...car,
  ...garden,
  ...household,
  ...kitchen,
  ...office,
  ...outdoor,
  ...pets,
  ...sports,
  ...textiles,
  ...tools,
  ...toys,
];
