using Microsoft.Extensions.Options;

namespace ModelService.Imaging;

[OptionsValidator]
internal sealed partial class ImagingOptionsValidator : IValidateOptions<ImagingOptions>;
