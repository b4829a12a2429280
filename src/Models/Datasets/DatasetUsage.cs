using ModelService.Models.Errors;

namespace ModelService.Models.Datasets;

/// <summary>
/// Counts the images and bytes of all data sets, with those of uploads that are going on. Thread-safe.
/// </summary>
/// <param name="limits">The limits.</param>
internal sealed class DatasetUsage(DatasetOptions limits)
{
    private readonly Lock gate = new();

    /// <summary>The images in all packs.</summary>
    public int Images { get; private set; }

    /// <summary>The bytes of all packs.</summary>
    public long Bytes { get; private set; }

    /// <summary>The bytes that there is room for.</summary>
    public long Room
    {
        get
        {
            lock (gate)
                return Math.Max(limits.MaxBytes - Bytes, 0);
        }
    }

    /// <summary>Counts an image, or refuses it.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.DatasetTooLarge"/>.</exception>
    public void Take(int bytes)
    {
        lock (gate)
        {
            if (Images >= limits.MaxImages)
                throw TooLarge($"more than {limits.MaxImages} images", nameof(limits.MaxImages));
            if (Bytes + bytes > limits.MaxBytes)
                throw TooLarge($"more than {limits.MaxBytes} bytes", nameof(limits.MaxBytes));
            Change(1, bytes);
        }
    }

    /// <summary>Counts what was stored before, or no longer counts what was deleted.</summary>
    public void Change(int images, long bytes)
    {
        lock (gate)
            (Images, Bytes) = (Images + images, Bytes + bytes);
    }

    /// <summary>The error of a change that would exceed a limit.</summary>
    public static ServingException TooLarge(string found, string option) =>
        new(
            ErrorCode.DatasetTooLarge,
            $"The data sets would have {found} ({DatasetOptions.Section}:{option}). Nothing was changed."
        );
}
