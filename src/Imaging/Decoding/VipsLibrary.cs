using System.Runtime.InteropServices;
using NetVips;

namespace ModelService.Imaging.Decoding;

/// <summary>libvips as this project wants it, and the one call that its .NET binding lacks.</summary>
internal static unsafe class VipsLibrary
{
    // What libvips and its codecs warn about comes from clients' files; as a log it would only be noise that clients can make.
    private static readonly uint SilentLog = Log.SetLogHandler("VIPS", Enums.LogLevelFlags.All, (_, _, _) => { });

    // The binding's Region.Fetch copies into a new array each time; this leaves the rows where libvips put them.
    private static readonly delegate* unmanaged<nint, int, int, int, int, nuint*, byte*> RegionFetch =
        (delegate* unmanaged<nint, int, int, int, int, nuint*, byte*>)
            NativeLibrary.GetExport(NativeLibrary.Load(FileName, typeof(Image).Assembly, null), "vips_region_fetch");

    private static string FileName =>
        OperatingSystem.IsWindows() ? "libvips-42.dll"
        : OperatingSystem.IsMacOS() ? "libvips.42.dylib"
        : "libvips.so.42";

    /// <summary>Sets what is the same for the whole process. Calling it again changes nothing.</summary>
    public static void Configure()
    {
        // One picture uses one thread: the pool that decodes bounds the work, not each picture on its own.
        NetVips.NetVips.Concurrency = 1;

        // Results are never asked for twice; a cache would only hold on to clients' pictures.
        Cache.Max = 0;

        // Loaders that libvips itself calls unfit for hostile files. Ours are picked by name, so this is a second bar.
        NetVips.NetVips.BlockUntrusted = true;
        _ = SilentLog;
    }

    /// <summary>Reads some rows of an image.</summary>
    /// <param name="region">A region on the image.</param>
    /// <param name="top">First row.</param>
    /// <param name="width">The image's width, in pixels.</param>
    /// <param name="count">Rows.</param>
    /// <param name="length">Bytes of the rows.</param>
    /// <returns>The rows; the caller frees them with <see cref="Free"/>. Null when they can't be read.</returns>
    public static byte* Fetch(Region region, int top, int width, int count, out nuint length)
    {
        fixed (nuint* size = &length)
            return RegionFetch(region.DangerousGetHandle(), 0, top, width, count, size);
    }

    /// <summary>Frees rows.</summary>
    /// <param name="rows">What <see cref="Fetch"/> returned, or null.</param>
    public static void Free(byte* rows)
    {
        if (rows is not null)
            NetVips.NetVips.Free((nint)rows);
    }
}
