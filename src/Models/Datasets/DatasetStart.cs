using Microsoft.Extensions.Hosting;

namespace ModelService.Models.Datasets;

/// <summary>Reads the stored data sets when the server starts, after the data folder was opened.</summary>
/// <param name="catalog">Receives them.</param>
internal sealed class DatasetStart(DatasetCatalog catalog) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => catalog.OpenAsync(cancellationToken);

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
