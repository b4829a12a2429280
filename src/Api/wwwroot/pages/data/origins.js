// @ts-check
/**
 * What a training can begin with, the server's default first.
 * @typedef {{ value: string, text: string, hint: string }} Origin
 * @param {{
 *   model: Api.ModelResponse | undefined,
 *   models: Api.ModelResponse[],
 *   bases: Api.ArchitectureListResponse,
 *   draft: import("./training-form.js").Draft | null,
 * }} facts `model`: the one that gets the result, if it exists
 * @returns {Origin[]}
 */
export function originsOf({ model, models, bases, draft }) {
  const pretrained = bases.pretrained;
  const known = pretrained.map((name) => ({
    value: `base:${name}`,
    text: `${name}, which has seen a million photos`,
    hint: "It knows edges, textures and shapes already, so that some twenty photos of each class are enough.",
  }));
  const others = bases.architectures
    .filter((name) => !pretrained.includes(name))
    .map((name) => ({ value: `base:${name}`, text: `${name}, with random weights`,
      hint: "It begins from nothing: for thousands of photos, and hours." }));
  const own = model
    ? [
        { value: "", text: `Its default version ${model.serving.version}`,
          hint: "It goes on from there. With other classes than before, it gets a new last layer." },
        ...(model.versions ?? [])
          .filter(({ version }) => version !== model.serving.version)
          .map(({ version }) => ({ value: `version:${version}`, text: `Its version ${version}`,
            hint: "It goes on from that version." })),
      ]
    : [];
  const built = draft ? [{ value: "draft", text: "The network of the Builder",
    hint: "With random weights, from scratch; its last layer gets a score for each class." }] : [];
  const rest = models
    .filter(({ name }) => name !== model?.name)
    .slice(0, 200)
    .map(({ name }) => ({ value: `model:${name}`, text: `The model ${name}`,
      hint: "Its network and weights, with a new last layer where the classes differ." }));
  return [...own, ...known, ...built, ...rest, ...others];
}
