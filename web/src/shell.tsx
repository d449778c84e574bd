// What is around every view: navigation, whether the page is live, keys, notices.
import {
  ActionIcon,
  Kbd,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { LogOut, Moon, Search, Sun, WifiOff } from 'lucide-react';
import { useEffect, useRef, useState, type RefObject } from 'react';
import { downSince, useLink, useTopic } from './api/live';
import { logOut, session, useSession } from './api/session';
import { Notices } from './parts/notices';
import { useNow } from './parts/now';
import { clock } from './parts/words';

const places = [
  { to: '/', name: 'Home', key: 'h' },
  { to: '/pipelines', name: 'Pipelines', key: 'p' },
  { to: '/runs', name: 'Runs', key: 'r' },
  { to: '/tasks', name: 'Tasks', key: 't' },
  { to: '/workers', name: 'Workers', key: 'w' },
] as const;

const isTyping = ({ target }: KeyboardEvent): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

/** g and a letter goes to a place; / looks for a task. */
function useKeys(): void {
  const navigate = useNavigate();
  const wentAt = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (isTyping(event) || event.metaKey || event.ctrlKey || event.altKey) return;
      const now = performance.now();
      if (event.key === '/') {
        event.preventDefault();
        void navigate({ to: '/tasks', search: { find: true } });
      } else if (event.key === 'g') {
        wentAt.current = now;
        return;
      }
      const place = places.find(({ key }) => key === event.key);
      if (place && now - wentAt.current < 1_000) void navigate({ to: place.to });
      wentAt.current = 0;
    };
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('keydown', onKey);
    };
  }, [navigate]);
}

/** A break of a moment (a restart, a changed topic) is not worth a banner. */
function useIsDown(): boolean {
  const link = useLink();
  const [isDown, setDown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(
      () => {
        setDown(link === 'down');
      },
      link === 'down' ? 1_200 : 0,
    );
    return () => {
      clearTimeout(timer);
    };
  }, [link]);
  return isDown;
}

/** What broke the stream may be that the session is over: then asking leads to the login. */
function useSessionCheck(): void {
  useEffect(() => {
    const timer = setInterval(() => {
      session(true).catch(() => undefined);
    }, 5_000);
    return () => {
      clearInterval(timer);
    };
  }, []);
}

function DownBanner() {
  const now = useNow();
  useSessionCheck();
  return (
    <div className="banner" role="alert">
      <WifiOff size={16} aria-hidden />
      <span>
        <strong>No connection to the scheduler.</strong> The page comes back by itself; what it
        shows is from {clock(downSince(), now)}.
      </span>
    </div>
  );
}

function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme('light') === 'dark';
  return (
    <Tooltip label={isDark ? 'Light' : 'Dark'}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={isDark ? 'Light colours' : 'Dark colours'}
        onClick={() => {
          setColorScheme(isDark ? 'light' : 'dark');
        }}
      >
        {isDark ? <Sun size={16} aria-hidden /> : <Moon size={16} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
}

/** Only where there are users. */
function LogOutButton() {
  const who = useSession();
  if (!who?.required) return null;
  return (
    <Tooltip label={`${who.user}, ${who.role}: log out`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Log out ${who.user}`}
        onClick={() => void logOut()}
      >
        <LogOut size={16} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

function Bar({ main, isDown }: { main: RefObject<HTMLElement | null>; isDown: boolean }) {
  const navigate = useNavigate();
  return (
    <header className="bar">
      <button
        type="button"
        className="skip"
        onClick={() => {
          main.current?.focus();
        }}
      >
        Skip to content
      </button>
      <Link to="/" className="brand" aria-label="headrace, home">
        <span className="brand-mark" aria-hidden />
        <span className="brand-name">headrace</span>
      </Link>
      <nav aria-label="Main">
        {places.map(({ to, name }) => (
          <Link key={to} to={to} activeOptions={{ exact: to === '/' }}>
            {name}
          </Link>
        ))}
      </nav>
      <span className="grow" />
      <span className="link" role="status" data-live={!isDown}>
        <i aria-hidden />
        <span>{isDown ? 'offline' : 'live'}</span>
      </span>
      <Tooltip
        label={
          <>
            Find a task <Kbd size="xs">/</Kbd>
          </>
        }
      >
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label="Find a task"
          onClick={() => void navigate({ to: '/tasks', search: { find: true } })}
        >
          <Search size={16} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <SchemeButton />
      <LogOutButton />
    </header>
  );
}

export function Shell() {
  const main = useRef<HTMLElement>(null);
  const isDown = useIsDown();
  useTopic('counts');
  useKeys();
  return (
    <>
      <Bar main={main} isDown={isDown} />
      {isDown ? <DownBanner /> : null}
      <main ref={main} tabIndex={-1}>
        <Outlet />
      </main>
      <Notices />
    </>
  );
}
