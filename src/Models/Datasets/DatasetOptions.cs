using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Datasets;

/// <summary>Limits on data sets: named sets of labelled images.</summary>
public sealed class DatasetOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Datasets";

    /// <summary>Largest number of data sets.</summary>
    /// <value>Data sets; 1 to 10,000; default 100.</value>
    [Range(1, 10_000)]
    public int MaxDatasets { get; init; } = 100;

    /// <summary>
    /// Largest number of images of all data sets together. Images that were removed count too, since earlier revisions
    /// still have them; deleting a data set makes room. Each image takes about 500 bytes of the server's memory.
    /// </summary>
    /// <value>Images; 1 to 8,000,000; default 500,000.</value>
    [Range(1, 8_000_000)]
    public int MaxImages { get; init; } = 500_000;

    /// <summary>Largest number of classes of a data set.</summary>
    /// <value>Classes; 2 to 100,000; default 2,000.</value>
    [Range(2, 100_000)]
    public int MaxClasses { get; init; } = 2000;

    /// <summary>
    /// Largest file of an image in a data set. The limits in <c>ModelService:Imaging</c> hold as well.
    /// </summary>
    /// <value>Bytes; 1 KiB to 256 MiB; default 32 MiB.</value>
    [Range(1 << 10, 256 << 20)]
    public int MaxImageBytes { get; init; } = 32 << 20;

    /// <summary>
    /// Largest body of an upload, such as a zip archive. It is written to the folder for uploads
    /// (<c>ModelService:Storage:Staging</c>) before its images are read.
    /// </summary>
    /// <value>Bytes; 1 KiB or more; default 4 GiB.</value>
    [Range(1 << 10, long.MaxValue)]
    public long MaxUploadBytes { get; init; } = 4L << 30;

    /// <summary>
    /// Largest number of bytes of the images of all data sets together, with those that were removed. What an upload
    /// unpacks must fit into the rest.
    /// </summary>
    /// <value>Bytes; 1 KiB or more; default 20 GiB.</value>
    [Range(1 << 10, long.MaxValue)]
    public long MaxBytes { get; init; } = 20L << 30;
}

[OptionsValidator]
internal sealed partial class DatasetOptionsValidator : IValidateOptions<DatasetOptions>;
