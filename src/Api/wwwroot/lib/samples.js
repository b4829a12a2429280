// @ts-check
/**
 * The photos that come with the console: clothes for the model that it offers to train, and photos to look at.
 * Sources and licences: vendor/manifest.json.
 * @typedef {{ file: string, name: string, of: "clothes" | "photos" }} Sample
 * @type {Sample[]}
 */
export const samples = [
  { file: "samples/ankle-boot.png", name: "Ankle boot", of: "clothes" },
  { file: "samples/bag.png", name: "Bag", of: "clothes" },
  { file: "samples/dress.png", name: "Dress", of: "clothes" },
  { file: "samples/sneaker.png", name: "Sneaker", of: "clothes" },
  { file: "samples/t-shirt.png", name: "T-shirt", of: "clothes" },
  { file: "samples/trouser.png", name: "Trouser", of: "clothes" },
  { file: "samples/coffee.jpg", name: "Coffee", of: "photos" },
  { file: "samples/chelsea.jpg", name: "Cat", of: "photos" },
  { file: "samples/rocket.jpg", name: "Rocket", of: "photos" },
  { file: "samples/astronaut.jpg", name: "Astronaut", of: "photos" },
];

/**
 * A sample as the file that a user would have chosen.
 * @param {string} file
 * @param {AbortSignal} [signal]
 */
export async function openSample(file, signal) {
  const response = await fetch(file, { signal });
  if (!response.ok) throw new Error(`The sample ${file} is missing.`);
  const blob = await response.blob();
  return new File([blob], file.slice(file.lastIndexOf("/") + 1), { type: blob.type });
}
