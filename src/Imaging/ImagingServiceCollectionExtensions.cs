using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging;

/// <summary>Registers image decoding and preprocessing in a service collection.</summary>
public static class ImagingServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="Preprocessor"/> and its <see cref="ImagingOptions"/>, which are bound to
    /// <c>ModelService:Imaging</c> and validated when the host starts.
    /// </summary>
    /// <param name="services">The services to add to; they must contain an <c>IConfiguration</c>.</param>
    /// <returns><paramref name="services"/>, for chaining.</returns>
    public static IServiceCollection AddImaging(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services
            .AddOptionsWithValidateOnStart<ImagingOptions, ImagingOptionsValidator>()
            .BindConfiguration(ImagingOptions.Section);
        services.TryAddSingleton<Preprocessor>();
        return services;
    }
}
