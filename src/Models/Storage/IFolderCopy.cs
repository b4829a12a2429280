using ModelService.Models.Errors;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Storage;

/// <summary>
/// Copies what is stored beside the models between a data folder and the database. The commands <c>storage import</c>
/// and <c>storage export</c> run all such copies after the one of the models, which has opened both.
/// </summary>
internal interface IFolderCopy
{
    /// <summary>
    /// Copies all that the target doesn't have. What it has is compared and left, so a copy that was interrupted can be
    /// repeated.
    /// </summary>
    /// <param name="folder">The data folder, which this process owns.</param>
    /// <param name="isExport">Whether the folder is the target; otherwise the database is.</param>
    /// <param name="report">Receives a line for each thing.</param>
    /// <param name="cancellationToken">Gives up between two things.</param>
    /// <returns>The number of things that were not copied because they are damaged, or differ.</returns>
    /// <exception cref="ServingException">The folder or the database can't be read or written.</exception>
    Task<int> CopyAsync(DataFolder folder, bool isExport, Action<string> report, CancellationToken cancellationToken);
}
