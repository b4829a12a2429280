using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using ModelService.Models.Datasets.Files;
using ModelService.Models.Datasets.Shared;
using ModelService.Models.Storage;

namespace ModelService.Models.Datasets;

/// <summary>Registers the store of data sets that the options name.</summary>
internal static class DatasetsServiceCollectionExtensions
{
    /// <summary>Adds the data sets in memory, and their store.</summary>
    /// <param name="services">The services to add to.</param>
    public static void AddDatasets(this IServiceCollection services)
    {
        services.TryAddSingleton<DatasetTable>();
        services.TryAddSingleton<FolderDatasetStore>();
        services.TryAddSingleton<SharedDatasetStore>();
        services.TryAddSingleton<IDatasetStore>(provider =>
            provider.GetRequiredService<IOptions<StorageOptions>>().Value.IsShared
                ? provider.GetRequiredService<SharedDatasetStore>()
                : provider.GetRequiredService<FolderDatasetStore>()
        );
        services.AddSingleton<IFolderCopy, DatasetCopy>();
    }
}
