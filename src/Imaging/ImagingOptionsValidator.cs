using Microsoft.Extensions.Options;

namespace ModelService.Imaging;

/// <summary>Validates <see cref="ImagingOptions"/> by their attributes.</summary>
[OptionsValidator]
internal sealed partial class ImagingOptionsValidator : IValidateOptions<ImagingOptions>;
