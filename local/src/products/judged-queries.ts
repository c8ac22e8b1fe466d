/** What a person might ask the sample shop, and the product type that answers it. */
export interface JudgedQuery {
  query: string;
  /** A `ProductType`'s name. */
  expected: string;
}

/** No query shares a word of content with the texts of its answer: only meaning can find it. */
export const judgedQueries: readonly JudgedQuery[] = [
  { query: 'keep coffee hot on a hike', expected: 'insulated flask' },
  { query: 'shelter to sleep outdoors with a friend', expected: 'tent' },
  { query: 'see in the dark with both hands free', expected: 'headlamp' },
  { query: 'chop vegetables quickly', expected: "chef's knife" },
  { query: 'make a latte like a barista', expected: 'espresso machine' },
  { query: 'hang shelves on a concrete wall', expected: 'cordless drill' },
  { query: 'block out loud colleagues while working', expected: 'noise-cancelling headphones' },
  { query: 'music for a beach party', expected: 'portable speaker' },
  { query: 'listen to old vinyl records', expected: 'turntable' },
  { query: 'hear when the infant wakes up', expected: 'baby monitor' },
  { query: 'infant with sore mouth biting everything', expected: 'teething ring' },
  { query: 'somewhere comfy for my puppy to nap', expected: 'dog bed' },
  { query: 'stop the kitten ruining my sofa', expected: 'cat scratching post' },
  { query: 'murky goldfish bowl', expected: 'aquarium filter' },
  { query: 'trim roses and hedges', expected: 'pruning shears' },
  { query: 'turn vegetable peelings into fertiliser', expected: 'compost bin' },
  { query: 'relieve back pain in front of the computer', expected: 'office chair' },
  { query: 'destroy confidential paperwork', expected: 'document shredder' },
  { query: 'stretching and pilates on the floor', expected: 'yoga mat' },
  { query: 'gain muscle without going to the gym', expected: 'dumbbells' },
  { query: 'see clearly in the pool', expected: 'swim goggles' },
  { query: 'dry cracked skin', expected: 'hand cream' },
  { query: 'toy for a kid who loves constructing castles', expected: 'building blocks' },
  { query: 'detective story for a rainy weekend', expected: 'crime novel' },
  { query: 'learn to make sourdough', expected: 'baking book' },
  { query: 'protect my skull when cycling', expected: 'bike helmet' },
  { query: 'stop thieves stealing my bicycle', expected: 'bike lock' },
  { query: 'vehicle will not turn on, flat battery', expected: 'jump starter' },
  { query: 'record accidents while driving', expected: 'dash cam' },
  { query: 'keep morning light out of the bedroom', expected: 'blackout curtains' },
  { query: 'warm bedding for cold nights', expected: 'duvet' },
  { query: 'clean the floor automatically', expected: 'robot vacuum' },
  { query: 'wake me up if there is a fire', expected: 'smoke alarm' },
  { query: 'damp walls and mould in the cellar', expected: 'dehumidifier' },
];
