// @ts-check
/**
 * The part of a photo that a network sees, in the photo's pixels, and the size that it is brought to. It follows the
 * server's preprocessing: resize, then a crop from the centre.
 * @param {{ width: number, height: number }} photo
 * @param {Api.PreprocessingDefinition | undefined} preprocessing
 */
export function seenPart({ width, height }, preprocessing) {
  const { resize, center_crop: crop } = preprocessing ?? {};
  let [scaledWidth, scaledHeight] = [width, height];
  if (resize?.shorter_side) {
    const scale = resize.shorter_side / Math.min(width, height);
    [scaledWidth, scaledHeight] = [Math.floor(width * scale), Math.floor(height * scale)];
  } else if (resize?.width && resize.height) {
    [scaledWidth, scaledHeight] = [resize.width, resize.height];
  }
  const [outWidth, outHeight] = [crop?.width ?? scaledWidth, crop?.height ?? scaledHeight];
  const [scaleX, scaleY] = [width / scaledWidth, height / scaledHeight];
  return {
    x: ((scaledWidth - outWidth) / 2) * scaleX,
    y: ((scaledHeight - outHeight) / 2) * scaleY,
    width: outWidth * scaleX,
    height: outHeight * scaleY,
    outWidth,
    outHeight,
  };
}

/**
 * The sizes of a photo, upright.
 * @param {File} photo
 */
export async function measure(photo) {
  const bitmap = await createImageBitmap(photo);
  const { width, height } = bitmap;
  bitmap.close();
  return { width, height };
}
