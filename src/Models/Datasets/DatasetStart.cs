using Microsoft.Extensions.Hosting;
using ModelService.Models.Errors;
using ModelService.Models.Storage;

namespace ModelService.Models.Datasets;

/// <summary>Reads the stored data sets when the server starts, after the data folder was opened.</summary>
/// <param name="catalog">Receives them.</param>
internal sealed class DatasetStart(DatasetCatalog catalog) : IHostedService
{
    /// <inheritdoc/>
    /// <exception cref="UnusableDatabaseException">They are in a database that can't be reached now.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await catalog.OpenAsync(cancellationToken);
        }
        catch (ServingException exception)
        {
            throw new UnusableDatabaseException(exception.Message, exception);
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
