using System.Collections.Frozen;

namespace ModelService.Models.Weights.Pickle;

/// <summary>
/// Lists of Python modules whose globals are refused, except those that <see cref="OpaqueGlobals"/> names.
/// </summary>
internal static class PythonModules
{
    /// <summary>
    /// The modules of the standard library: <c>sys.stdlib_module_names</c> of Python 3.11, some that came later, and
    /// the other names of Python 2.
    /// </summary>
    public static FrozenSet<string> StandardLibrary { get; } =
        Words(
            """
            BaseHTTPServer Bastion CGIHTTPServer ConfigParser Cookie DocXMLRPCServer HTMLParser Queue SimpleHTTPServer
            SimpleXMLRPCServer SocketServer StringIO Tix Tkinter UserDict UserList UserString _abc _aix_support _ast
            _asyncio _bisect _blake2 _bootsubprocess _bz2 _codecs _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp
            _codecs_kr _codecs_tw _collections _collections_abc _colorize _compat_pickle _compression _contextvars
            _crypt _csv _ctypes _curses _curses_panel _datetime _dbm _decimal _elementtree _frozen_importlib
            _frozen_importlib_external _functools _gdbm _hashlib _heapq _imp _interpreters _io _json _locale _lsprof
            _lzma _markupbase _md5 _msi _multibytecodec _multiprocessing _opcode _operator _osx_support _overlapped
            _pickle _posixshmem _posixsubprocess _py_abc _pydecimal _pyio _pyrepl _queue _random _scproxy _sha1
            _sha256 _sha3 _sha512 _signal _sitebuiltins _socket _sqlite3 _sre _ssl _stat _statistics _string _strptime
            _struct _symtable _thread _threading_local _tkinter _tokenize _tracemalloc _typing _uuid _warnings
            _weakref _weakrefset _winapi _zoneinfo abc aifc annotationlib antigravity anydbm argparse array ast
            asynchat asyncio asyncore atexit audioop base64 bdb binascii bisect builtins bz2 cPickle cProfile
            cStringIO calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys commands compileall
            compiler compression concurrent configparser contextlib contextvars cookielib copy copy_reg copyreg crypt
            csv ctypes curses dataclasses datetime dbhash dbm decimal difflib dircache dis distutils doctest dumbdbm
            dummy_thread email encodings ensurepip enum errno exceptions faulthandler fcntl filecmp fileinput fnmatch
            fpformat fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib
            heapq hmac hotshot html htmlentitydefs htmllib http httplib idlelib ihooks imaplib imghdr imp importlib
            imputil inspect io ipaddress itertools json keyword lib2to3 linecache linuxaudiodev locale logging lzma
            mailbox mailcap marshal math md5 mimetools mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc
            new nis nntplib nt ntpath nturl2path numbers opcode operator optparse os os2 ossaudiodev pathlib pdb
            pickle pickletools pipes pkgutil platform plistlib popen2 poplib posix posixfile posixpath pprint profile
            pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource
            rexec rfc822 rlcompleter robotparser runpy sched secrets select selectors sets sgmllib sha shelve shlex
            shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants
            sre_parse ssl stat statistics statvfs string stringprep struct subprocess sunau symtable sys sysconfig
            syslog tabnanny tarfile telnetlib tempfile termios textwrap this thread threading time timeit tkFileDialog
            tkMessageBox tkinter toaiff token tokenize tomllib trace traceback tracemalloc ttk tty turtle turtledemo
            types typing unicodedata unittest urllib urllib2 urlparse user uu uuid venv warnings wave weakref
            webbrowser whichdb winreg winsound wsgiref xdrlib xml xmlrpc xmlrpclib zipapp zipfile zipimport zlib
            zoneinfo
            """
        );

    /// <summary>
    /// Packages with functions that run code or commands, read other pickles, or load from the network.
    /// </summary>
    public static FrozenSet<string> RunCode { get; } =
        Words(
            """
            Cython IPython _distutils_hack _pytest aiohttp asteval boto3 botocore caffe2 cffi cloudpickle conda cython
            dill execnet fabric fsspec functorch httpx invoke ipykernel joblib jsonpickle jupyter_client llvmlite
            mamba nose numba numexpr numpy paramiko pexpect pip pkg_resources plumbum psutil ptyprocess pycparser
            pyximport py pytest pythoncom pywintypes requests setuptools sh smart_open sympy torch torchgen urllib3
            virtualenv wheel win32api win32com
            """
        );

    /// <summary>Modules that an attack reaches through another package, such as <c>package.module.os</c>.</summary>
    public static FrozenSet<string> Reached { get; } =
        Words(
            "__builtin__ builtins cPickle ctypes importlib nt os pickle posix pty runpy shutil socket subprocess sys"
        );

    /// <summary>Names of functions that run code, whatever their package.</summary>
    public static FrozenSet<string> Functions { get; } =
        Words(
            """
            Popen call check_call check_output compile delattr eval exec execfile execv execve fork getattr
            import_module load_module open popen run_module run_path runcode runsource runstring setattr spawn spawnl
            spawnv system
            """
        );

    private static FrozenSet<string> Words(string text) =>
        text.Split((char[])[' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet();
}
